"""What people run: the command line, the doctor, reports and bundles."""
