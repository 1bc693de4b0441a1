"""Faces aligned by scikit-image and OpenCV, as eval_ijbc.py does, for test/golden/ijb/aligned.json.

    python bench/ijb/align-reference.py > test/golden/ijb/aligned.json

Needs opencv-python-headless 4.8.1 (fixed-point warpAffine; 5.0 computes in floats), scikit-image and numpy.
"""
import json

import cv2
import numpy as np
from skimage import transform as trans

src = np.array([[30.2946, 51.6963], [65.5318, 51.5014], [48.0252, 71.7366], [33.5493, 92.3655], [62.7299, 92.2041]], dtype=np.float32)
src[:, 0] += 8.0
cases = []
for height, width, scale, angle, x, y in [(168, 138, 1.1, 0.1, 70, 85), (90, 80, 0.6, -0.5, 30, 50), (260, 240, 2.1, 0.9, 120, 140), (112, 112, 1.0, 0.0, 56, 56)]:
    v, u, c = np.mgrid[0:height, 0:width, 0:3]
    picture = (((u * u * 3 + v * v * 5 + u * v * (c + 2)) >> 5) & 255).astype(np.uint8)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    jitter = np.array([[1, -2], [0, 1], [-1, 2], [2, 0], [-1, -1]]) if angle else 0
    points = np.round(((src - 56) @ turn.T * scale + [x, y] + jitter), 3).astype(np.float32)
    tform = trans.SimilarityTransform()
    tform.estimate(points, src)
    move = tform.params[0:2, :]
    face = cv2.warpAffine(picture, move, (112, 112), borderValue=0.0)
    cases.append(dict(height=height, width=width, points=[round(float(p), 3) for p in points.ravel()],
                      move=[float(m) for m in move.ravel()], pixels=[int(p) for p in face.ravel()[::23]]))
print(json.dumps(dict(opencv=cv2.__version__, step=23, cases=cases)))
