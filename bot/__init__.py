"""VendorWatch: context cards for watched surveillance vendors, on Slack, Matrix and the console."""

__version__ = "0.1.0"
