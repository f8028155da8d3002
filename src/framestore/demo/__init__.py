"""A beamline without hardware: a camera and a point detector that see what two motors move.

``python -m framestore.demo`` walks through it and checks what comes out; ``ipython -i -m framestore.demo`` leaves it to
you, at the prompt. What stands here is for trying and teaching; nothing else of framestore needs it.
"""

from .needs import need

need("bluesky", "matplotlib")
