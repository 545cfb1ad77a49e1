"""The Case Progression Monitor: declarative clocks over children's services case data."""

__version__ = "0.2.0"
