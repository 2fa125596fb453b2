"""Suggestions learned from what people have coded: training, cold start, reasons, evaluation."""

FORMAT = 4
"""The version of a saved model. It stands here to be known without loading what reads one."""
