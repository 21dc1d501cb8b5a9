"""Figures on predictions: scores, intervals, calibration."""
