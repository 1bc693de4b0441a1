/** Modules of Python, which files that were converted from it still import. */
const PACKAGES: ReadonlySet<string> = new Set([
  ...['torch', 'torchvision', 'numpy', 'timm', 'mxnet', 'onnx', 'easydict', 'cv2', 'PIL', 'tqdm', 'yaml'],
  ...['os', 'sys', 'typing', 'collections', 'dataclasses', 'pathlib', 'argparse', 'logging', 'json', 'math', 'random'],
])

export const PACKAGE_NOTE = 'modules of Python cannot be used; `use std.margins: arcface` imports a name of arcc'

/** Whether a path such as `torch.nn` belongs to a module of Python. */
export function isPackage(path: string): boolean {
  return PACKAGES.has(path.split('.')[0] ?? '')
}
