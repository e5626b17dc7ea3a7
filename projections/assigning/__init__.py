"""Who gets whom: a book of customers given to staff, by wish, qualification, capacity, continuity and an even load.

reading.py     customers and staff at coordinates, as the rows say
weighing.py    what a customer weighs in a book: contacts a month, minutes, value
proposing.py   a whole proposal: who goes to whom and why, loads before and after, who cannot be placed and why
solving.py     the transport problem in it, solved by HiGHS
rounding.py    from shares of classes of customers to whole customers
keeping.py     where proposals are kept until they are applied
"""
