//! Which images may be used.

use std::time::Duration;

use domain::image::Registry;

use super::setting::section;

section! {
    pub struct ImagesConfig in "images" {
        /// The registries images may come from: `docker.io` is where the Docker Engine looks for a name without a registry, such as
        /// `debian:bookworm`; `reg.example.org:5000` is one registry, `*.example.org` every one below a domain. Addresses, ports and
        /// private names are allowed only as they are written here, because an image's name leads the engine to that place:
        /// a user who may create a vcluster could look through the host's networks with it. Administrators narrow it down
        /// further in the console (*Administration*, *Images*). `worker.base_image` is always allowed.
        pub registries: Vec<Registry> = "docker.io",
        /// How long a worker keeps an image that it has pulled and that is no longer in use by a container, running or stopped,
        /// or a vcluster. Never removed are images that Docklet has not pulled, the names that others have given to an image,
        /// and `worker.base_image`.
        pub keep: Duration = "14d",
        /// Percent of the Docker Engine's disk. With less than that free, unused images are removed before `images.keep` is over,
        /// the longest unused first; 0 never. Only where the worker sees that disk: not in a container.
        pub min_free: u32 = "10",
    }
}
