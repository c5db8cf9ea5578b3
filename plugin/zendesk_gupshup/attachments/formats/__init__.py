"""The formats that are read, one file each: bytes to words, and the reasons for what of them was not read.

Each may raise on what no parser foresaw, and take long; that is why a child process reads them.
"""
