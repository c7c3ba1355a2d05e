//! Cutting work into transactions of a size etcd takes. Knows no etcd.

/// etcd's own limit is 128 operations in one transaction; one is for the epoch.
pub(crate) const MOST_OPERATIONS: usize = 127;

/// Cuts into batches of at most `most`, keeping neighbours with the same `group` in one batch; a group larger than a batch
/// is cut.
pub(crate) fn batches<T, G: PartialEq>(items: Vec<T>, most: usize, group: impl Fn(&T) -> G) -> Vec<Vec<T>> {
    let mut batches: Vec<Vec<T>> = Vec::new();
    let mut batch: Vec<T> = Vec::new();
    let mut current: Vec<T> = Vec::new();
    for item in items {
        let same = current.last().is_some_and(|last| group(last) == group(&item));
        if !same || current.len() == most {
            close(&mut batches, &mut batch, &mut current, most);
        }
        current.push(item);
    }
    close(&mut batches, &mut batch, &mut current, most);
    if !batch.is_empty() {
        batches.push(batch);
    }
    batches
}

/// Puts a finished group into the batch, or into a new one where it does not fit.
fn close<T>(batches: &mut Vec<Vec<T>>, batch: &mut Vec<T>, group: &mut Vec<T>, most: usize) {
    if batch.len() + group.len() > most {
        batches.push(std::mem::take(batch));
    }
    batch.append(group);
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
}
