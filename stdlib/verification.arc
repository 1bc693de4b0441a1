// Verification sets. Their names need no `use`.

/// Pairs of pictures from a list: LFW's `pairs.txt`, or in each line two pictures and whether they show one person (`a.jpg,b.jpg,1`),
/// separated by commas, semicolons, tabs or spaces. Names and paths start from `root`, or from the folder of the list.
verification pairs(list: string, root: string = "") {}
