//! Which images may be used: the administrators' list beside the configuration's rules, and what both mean for one person.
//! Knows no engine and not which images exist.

use std::sync::Arc;

use domain::{
    Violation,
    image::{ImagePattern, ImageRef, ImageRules, Source},
    name::RuntimeName,
    quota_policy::{QuotaAssignment, QuotaPolicy},
};

use crate::{
    Error, Policy, Ports,
    actor::Actor,
    ports::{
        clock::Clock,
        store::{AllowedImage, Store, StoreError, Transaction},
    },
};

/// More would make each order slower.
const MOST: usize = 500;

/// What one person may choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageChoice {
    pub rules: ImageRules,
    /// What is on the list; empty when it does not bind them.
    pub list: Vec<ImagePattern>,
    /// Whether they may use what is not on the list, too.
    pub any_image: bool,
}

#[derive(Clone)]
pub struct Images {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    rules: ImageRules,
    quota_policy: QuotaPolicy,
}

impl std::fmt::Debug for Images {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Images").field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl Images {
    pub(crate) fn new(ports: &Ports, policy: &Policy) -> Self {
        Self {
            store: ports.store.clone(),
            clock: ports.clock.clone(),
            rules: policy.images.clone(),
            quota_policy: policy.quota_policy.clone(),
        }
    }

    /// What the actor may choose from.
    pub async fn choice(&self, actor: &Actor) -> Result<ImageChoice, Error> {
        let list = patterns(self.store.allowed_images().await?);
        let any_image =
            list.is_empty() || self.quota_policy.may_use_any_image(&self.store.quota_assignment(actor.user).await?);
        Ok(ImageChoice { rules: self.rules.clone(), list, any_image })
    }

    /// The list, with the rules that stand before it.
    pub async fn list(&self, actor: &Actor) -> Result<(ImageRules, Vec<AllowedImage>), Error> {
        actor.administrator()?;
        Ok((self.rules.clone(), self.store.allowed_images().await?))
    }

    /// Puts a pattern on the list, or gives the one that is there another runtime, or none. The first one makes the list bind.
    pub async fn allow(&self, actor: &Actor, pattern: &str, runtime: Option<&str>) -> Result<AllowedImage, Error> {
        actor.administrator()?;
        let invalid = |fault| Error::Invalid(vec![fault]);
        let runtime = runtime.map(parse_runtime).transpose().map_err(invalid)?;
        let pattern: ImagePattern = pattern.parse().map_err(invalid)?;
        self.rules.check_pattern(&pattern).map_err(invalid)?;
        let mut tx = self.store.begin().await?;
        let list = tx.allowed_images().await?;
        let there = list.iter().find(|there| there.pattern.as_str() == pattern.as_str());
        if let Some(same) = there.filter(|there| there.runtime == runtime) {
            return Ok(same.clone());
        }
        if there.is_none() && list.len() >= MOST {
            let rule = format!("cannot be added: the list has {MOST} entries; remove one, or use * for several images");
            return Err(invalid(Violation::new("pattern", rule)));
        }
        let image = AllowedImage { pattern, added_by: actor.name.clone(), added_at: self.clock.now(), runtime };
        tx.save_allowed_image(&image).await?;
        tx.commit().await?;
        let runtime = image.runtime.as_ref().map(RuntimeName::as_str);
        tracing::info!(pattern = %image.pattern, runtime, user = %actor.name, "image allowed");
        Ok(image)
    }

    /// Takes a pattern off the list. vclusters that were made keep their images; new nodes of them are not made.
    pub async fn disallow(&self, actor: &Actor, pattern: &str) -> Result<(), Error> {
        actor.administrator()?;
        let mut tx = self.store.begin().await?;
        if !tx.remove_allowed_image(pattern.trim()).await? {
            return Err(Error::NotFound("entry in the list of images"));
        }
        tx.commit().await?;
        tracing::info!(pattern, user = %actor.name, "image taken off the list");
        Ok(())
    }

    /// Whether new nodes of an owner with this quota may use the image; decided with what is decided by it. Says what they are run with:
    /// the image's runtime, else that of the owner's group.
    pub(crate) async fn check(
        &self,
        tx: &mut dyn Transaction,
        quota: &QuotaAssignment,
        image: &ImageRef,
    ) -> Result<Option<RuntimeName>, Error> {
        let list = tx.allowed_images().await?;
        let of_image = runtime_of(&list, image).cloned();
        let any_image = self.quota_policy.may_use_any_image(quota);
        self.rules.check(image, &patterns(list), any_image).map_err(|fault| Error::Invalid(vec![fault]))?;
        Ok(of_image.or_else(|| self.quota_policy.runtime(quota).cloned()))
    }

    /// Whether it is the installation's own.
    pub(crate) fn is_base(&self, image: &ImageRef) -> bool {
        image.is_same(&self.rules.base)
    }

    /// Where workers may take this image from now. The usual one costs no question to the record.
    pub(crate) async fn source(&self, image: &ImageRef) -> Result<Source, StoreError> {
        if self.is_base(image) { Ok(Source::Engine) } else { Ok(self.sources().await?.of(image)) }
    }

    /// What decides where workers may take images from.
    pub(crate) async fn sources(&self) -> Result<Sources<'_>, StoreError> {
        let (list, fault) = match self.store.allowed_images().await {
            Err(StoreError::Unreadable { fault, .. }) => (Vec::new(), Some(fault)),
            list => (patterns(list?), None),
        };
        Ok(Sources { rules: &self.rules, list, fault })
    }
}

/// Where workers may take images from, at one moment.
#[derive(Debug)]
pub(crate) struct Sources<'a> {
    rules: &'a ImageRules,
    list: Vec<ImagePattern>,
    /// Why the list cannot be read. Until it can, no container is made of any image but the base: a registry may have
    /// another image under the name of one that an administrator has put on the hosts.
    fault: Option<String>,
}

impl Sources<'_> {
    /// For administrators.
    pub(crate) fn remark(&self) -> Option<String> {
        let fault = self.fault.as_ref()?;
        Some(format!(
            "the list of images cannot be read from the record ({fault}): no container is made of any image but the base, \
             and those that are there go on. Take the line away in the database, or restore the record from a backup"
        ))
    }

    pub(crate) fn of(&self, image: &ImageRef) -> Source {
        match self.fault {
            Some(_) if !image.is_same(&self.rules.base) => Source::Nowhere,
            _ => self.rules.source(image, &self.list),
        }
    }
}

/// Of the lines that match and name a runtime, the longest counts: it says the most about the image.
fn runtime_of<'a>(list: &'a [AllowedImage], image: &ImageRef) -> Option<&'a RuntimeName> {
    let named = list.iter().filter(|line| line.runtime.is_some() && line.pattern.matches(image));
    named.max_by_key(|line| line.pattern.as_str().len())?.runtime.as_ref()
}

fn parse_runtime(text: &str) -> Result<RuntimeName, Violation> {
    text.parse().map_err(|fault: Violation| Violation::new("runtime", fault.message))
}

fn patterns(list: Vec<AllowedImage>) -> Vec<ImagePattern> {
    list.into_iter().map(|image| image.pattern).collect()
}
