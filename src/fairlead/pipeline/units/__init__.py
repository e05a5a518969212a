"""Drives units: observe, judge, step, swap the anchor, act, record; and again, until the unit rests.

Nothing is done that the anchor does not already say. After a kill the same loop goes on from the anchor and a fresh
look at the cluster, under a higher epoch that everything guarded is touched with first.
"""
