//! What has a URL: a page, or a few pages of one subject, in one file.

pub(crate) mod admin;
pub(crate) mod allowed_images;
pub(crate) mod device;
pub(crate) mod help;
pub(crate) mod jobs;
pub(crate) mod problem;
pub(crate) mod profile;
pub(crate) mod sign_in;
pub(crate) mod terminals;
pub(crate) mod vclusters;
