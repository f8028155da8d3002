"""A beamline without hardware: a simulated camera that sees a blob, which two motors move.

``python -m framestore.demo`` runs it; ``ipython -i -m framestore.demo`` leaves it at the prompt.
"""
