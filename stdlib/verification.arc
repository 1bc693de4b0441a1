// Verification sets. Their names need no `use`.

/// Pairs of pictures from a list: LFW's `pairs.txt`, or in each line two pictures and whether they show one person (`a.jpg,b.jpg,1`),
/// separated by commas, semicolons, tabs or spaces. Names and paths start from `root`, or from the folder of the list.
verification pairs(list: string, root: string = "") {}

/// IJB-C as insightface distributes it: the folder that has `meta` and `loose_crop`. Faces are aligned by their five points; pairs of
/// templates are scored as by arcface_torch's `eval_ijbc.py`. Its accuracy is the true accept rate at a false accept rate of 1e-4.
verification ijbc(root: string) {
  protocol = ijbc
}

/// IJB-B, in the same way.
verification ijbb(root: string) {
  protocol = ijbb
}
