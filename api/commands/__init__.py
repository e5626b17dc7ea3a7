"""The commands of `jejak`, by what they are for."""
