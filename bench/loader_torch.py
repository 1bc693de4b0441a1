"""PyTorch's DataLoader on a RecordIO file of JPEGs, as arcface_torch reads it (MXFaceDataset), without MXNet.

Usage: loader_torch.py FILE COUNT MODE, with MODE `transforms` or `bytes`. FILE.idx has one `key<TAB>offset` per line.
Prints images per second of two workers with batches of 128, after a warm-up.
"""
import io
import struct
import sys
import time

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset


class Flip:
    def __call__(self, image):
        return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if torch.rand(1) < 0.5 else image


def to_tensor(image):
    return torch.from_numpy(np.array(image, np.uint8, copy=True)).permute(2, 0, 1).contiguous().to(torch.float32).div(255)


def normalize(tensor):
    mean = torch.tensor([0.5, 0.5, 0.5]).view(-1, 1, 1)
    return tensor.sub_(mean).div_(mean)


def transforms():
    """arcface_torch's, by torchvision where it is installed and by the same operations where it is not."""
    try:
        from torchvision import transforms as tv
    except Exception:  # also where it was built for another torch
        flip = Flip()
        return lambda pixels: normalize(to_tensor(flip(Image.fromarray(pixels))))
    return tv.Compose([
        tv.ToPILImage(),
        tv.RandomHorizontalFlip(),
        tv.ToTensor(),
        tv.Normalize(mean=[0.5, 0.5, 0.5], std=[0.5, 0.5, 0.5]),
    ])


class Records(Dataset):
    def __init__(self, path, mode):
        self.path, self.file = path, None
        with open(path + '.idx') as index:
            self.offsets = [int(line.split('\t')[1]) for line in index]
        self.transform = transforms() if mode == 'transforms' else None

    def __len__(self):
        return len(self.offsets)

    def __getitem__(self, i):
        if self.file is None:
            self.file = open(self.path, 'rb')
        self.file.seek(self.offsets[i])
        _, word = struct.unpack('<II', self.file.read(8))
        payload = self.file.read(word & 0x1fffffff)
        _, label, _, _ = struct.unpack('<IfQQ', payload[:24])
        pixels = np.asarray(Image.open(io.BytesIO(payload[24:])).convert('RGB'))
        label = torch.tensor(label, dtype=torch.long)
        return (torch.from_numpy(pixels.copy()) if self.transform is None else self.transform(pixels)), label


def main():
    path, count, mode = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    torch.set_num_threads(1)
    loader = DataLoader(Records(path, mode), batch_size=128, shuffle=True, num_workers=2, drop_last=True)
    batches, warm, began, done = count // 128, 8, 0.0, 0
    while batches > 0:
        for images, _ in loader:
            if warm > 0:
                warm -= 1
                began = time.perf_counter()
                continue
            done += len(images)
            batches -= 1
            if batches == 0:
                break
    print(done / (time.perf_counter() - began))


main()
