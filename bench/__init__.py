"""What nestctl costs against doing without it: ``python -m bench``, or ``make bench``."""
