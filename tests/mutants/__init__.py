"""Planted faults: would the tests notice if the inference were wrong?"""
