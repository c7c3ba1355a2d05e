//! Which images may be used.

use domain::image::Registry;

use super::setting::section;

section! {
    pub struct ImagesConfig in "images" {
        /// The registries images may come from: `docker.io` is where the Docker Engine looks for a name without a registry, such as
        /// `debian:bookworm`; `reg.example.org:5000` is one registry, `*.example.org` every one below a domain. Addresses, ports and
        /// private names are allowed only as they are written here, because an image's name leads the engine to that place:
        /// anybody who may create a vcluster could look through the host's networks with it. Administrators narrow it down
        /// further in the console (*Administration*, *Images*). `worker.base_image` is always allowed.
        pub registries: Vec<Registry> = "docker.io",
    }
}
