"""What is read of 機関別符号: frozen values, never rows, never a code."""
