"""Commands: what people want done, decided purely on what is known of a customer at that moment."""
