"""What every front of a camera does: stagings, the files they fill, points, fly scans, and who asks for what.

It knows no framework of devices: a front gives it a `Panel` to show things on, and an `Outcome` for whoever waits.
"""
