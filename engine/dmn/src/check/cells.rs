//! Sets of the cells into which the named values cut a column.

/// A set of cells, each a place in the column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cells(Vec<u64>);

impl Cells {
    /// No cell of so many.
    pub(super) fn none(length: usize) -> Cells {
        Cells(vec![0; length.div_ceil(64)])
    }

    /// Every cell of so many.
    pub(super) fn all(length: usize) -> Cells {
        let mut cells = Cells::none(length);
        (0..length).for_each(|cell| cells.insert(cell));
        cells
    }

    pub(super) fn insert(&mut self, cell: usize) {
        self.0[cell / 64] |= 1 << (cell % 64);
    }

    pub(super) fn remove(&mut self, cell: usize) {
        self.0[cell / 64] &= !(1 << (cell % 64));
    }

    pub(super) fn contains(&self, cell: usize) -> bool {
        self.0[cell / 64] >> (cell % 64) & 1 == 1
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// The cells of both.
    pub(super) fn common(&self, other: &Cells) -> Cells {
        let words = self.0.iter().zip(&other.0);
        Cells(words.map(|(left, right)| left & right).collect())
    }

    /// The cells of this one that are not in the other.
    pub(super) fn without(&self, other: &Cells) -> Cells {
        let words = self.0.iter().zip(&other.0);
        Cells(words.map(|(left, right)| left & !right).collect())
    }

    /// The cells in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> {
        let words = self.0.iter().enumerate();
        words.flat_map(|(at, word)| {
            let bits = (0..64).filter(move |bit| word >> bit & 1 == 1);
            bits.map(move |bit| at * 64 + bit)
        })
    }
}
