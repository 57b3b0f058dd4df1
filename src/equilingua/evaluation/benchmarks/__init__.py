"""What encoders are measured on: the record, how it is made of each kind of data, and the names it is loaded by."""
