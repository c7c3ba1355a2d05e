//! Cutting work into transactions of a size etcd takes. Knows no etcd.

/// etcd's own limit is 128 operations in one transaction; one is for the epoch.
pub(crate) const MOST_OPERATIONS: usize = 127;
/// etcd takes requests of 1.5 MiB.
pub(crate) const MOST_BYTES: usize = 1024 * 1024;

/// Cuts into batches of at most `most`, keeping neighbours with the same `group` in one batch; a group larger than a batch
/// is cut.
pub(crate) fn batches<T, G: PartialEq>(items: Vec<T>, most: usize, group: impl Fn(&T) -> G) -> Vec<Vec<T>> {
    sized_batches(items, most, |_| 0, group)
}

/// The same, with at most [`MOST_BYTES`] in each; one that alone has more is a batch of its own.
pub(crate) fn sized_batches<T, G: PartialEq>(
    items: Vec<T>,
    most: usize,
    bytes: impl Fn(&T) -> usize,
    group: impl Fn(&T) -> G,
) -> Vec<Vec<T>> {
    let fits = |batch: &Batch<T>, count: usize, bytes: usize| {
        batch.items.len() + count <= most && batch.bytes + bytes <= MOST_BYTES
    };
    let mut batches: Vec<Vec<T>> = Vec::new();
    let (mut batch, mut current) = (Batch::default(), Batch::default());
    let mut close = |batch: &mut Batch<T>, current: &mut Batch<T>| {
        if !batch.items.is_empty() && !fits(batch, current.items.len(), current.bytes) {
            batches.push(std::mem::take(batch).items);
        }
        batch.items.append(&mut current.items);
        batch.bytes += std::mem::take(&mut current.bytes);
    };
    for item in items {
        let size = bytes(&item);
        let same = current.items.last().is_some_and(|last| group(last) == group(&item));
        if !same || !fits(&current, 1, size) {
            close(&mut batch, &mut current);
        }
        current.items.push(item);
        current.bytes += size;
    }
    close(&mut batch, &mut current);
    if !batch.items.is_empty() {
        batches.push(batch.items);
    }
    batches
}

/// One in the making.
struct Batch<T> {
    items: Vec<T>,
    bytes: usize,
}

impl<T> Default for Batch<T> {
    fn default() -> Self {
        Self { items: Vec::new(), bytes: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(groups: &[usize], most: usize) -> Vec<Vec<usize>> {
        let items: Vec<usize> = groups.iter().enumerate().flat_map(|(group, size)| vec![group; *size]).collect();
        batches(items, most, |group| *group)
    }

    #[test]
    fn groups_stay_together_and_batches_are_filled() {
        assert_eq!(sizes(&[2, 1, 1], 4), [vec![0, 0, 1, 2]]);
        assert_eq!(sizes(&[3, 2, 2], 4), [vec![0, 0, 0], vec![1, 1, 2, 2]]);
        assert_eq!(sizes(&[], 4), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn a_group_that_fits_nowhere_is_cut() {
        assert_eq!(sizes(&[1, 6, 1], 4), [vec![0], vec![1; 4], vec![1, 1, 2]]);
        assert_eq!(sizes(&[8], 4), [vec![0; 4], vec![0; 4]]);
    }

    #[test]
    fn no_batch_has_more_bytes_than_etcd_takes() {
        let third = MOST_BYTES / 3;
        let cut = |items: &[(usize, usize)]| {
            let batches = sized_batches(items.to_vec(), 100, |(_, bytes)| *bytes, |(group, _)| *group);
            batches.into_iter().map(|batch| batch.len()).collect::<Vec<_>>()
        };
        assert_eq!(cut(&[(0, third), (1, third), (2, third), (3, third)]), [3, 1]);
        assert_eq!(cut(&[(0, third), (1, third), (1, third), (1, 2)]), [1, 3], "a group stays together");
        assert_eq!(cut(&[(0, third), (0, third), (0, third), (0, third)]), [3, 1], "one that is too large is cut");
        assert_eq!(cut(&[(0, 1), (1, 2 * MOST_BYTES), (2, 1)]), [1, 1, 1]);
    }
}
