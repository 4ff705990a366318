"""What can go wrong with a database that is no bug of ours."""


class DatabaseUnavailable(Exception):
    """The database cannot take work now: unreachable, locked past the timeout, or its disk is full.

    The work asked for may be tried again later as it is. It has not been committed, with one exception: when
    the connection breaks during COMMIT nobody can know, and work that must not happen twice claims its event
    id in the same transaction.
    """
