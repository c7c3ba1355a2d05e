//! The administrators' list of images, in the record.

use control::ports::store::{AllowedImage, ImageReads};

use super::Record;
use crate::fixture::at;

fn image(pattern: &str) -> AllowedImage {
    let added_by = "grace".parse().expect("a name");
    AllowedImage { pattern: pattern.parse().expect("a pattern"), added_by, added_at: at(7), runtime: None }
}

#[tokio::test]
async fn lines_are_listed_in_order_and_taken_off_one_by_one() {
    let record = Record::of([1]).await;
    let mut transaction = record.begin().await;
    for pattern in ["lab/*", "debian:bookworm"] {
        transaction.save_allowed_image(&image(pattern)).await.expect("a new line");
    }
    assert_eq!(transaction.allowed_images().await.expect("a list"), [image("debian:bookworm"), image("lab/*")]);
    transaction.commit().await.expect("a commit");
    let mut transaction = record.begin().await;
    assert!(!transaction.remove_allowed_image("lab").await.expect("an answer"));
    assert!(transaction.remove_allowed_image("lab/*").await.expect("an answer"));
    transaction.commit().await.expect("a commit");
    assert_eq!(record.store.allowed_images().await.expect("a list"), [image("debian:bookworm")]);
}

#[tokio::test]
async fn a_line_keeps_its_runtime_and_is_saved_in_place_of_the_one_before() {
    let record = Record::of([1]).await;
    let with = |runtime: &str| AllowedImage { runtime: Some(runtime.parse().expect("a runtime")), ..image("lab/*") };
    for line in [image("lab/*"), with("runsc"), with("io.containerd.runc.v2")] {
        let mut transaction = record.begin().await;
        transaction.save_allowed_image(&line).await.expect("saved");
        transaction.commit().await.expect("a commit");
        assert_eq!(record.store.allowed_images().await.expect("a list"), [line]);
    }
}
