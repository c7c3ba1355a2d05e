//! Reading whole ranges, page by page, all at one revision. Knows no values.

use control::ports::coordination::CoordinationError;
use etcd_client::{Error, GetOptions, GetResponse};

use crate::{
    etcd::Etcd,
    fault::{is_compacted, unavailable},
    keys::Range,
    link::kv,
    record::Stored,
};

const PAGE: usize = 1000;
/// A list that takes so long that its revision is dropped meanwhile begins anew this often.
const MOST_ATTEMPTS: u32 = 3;

impl Etcd {
    /// Everything in the ranges as it was at one moment, and the revision of that moment.
    pub(crate) async fn list(&self, ranges: &[Range]) -> Result<(Vec<Stored>, i64), CoordinationError> {
        let mut attempts = MOST_ATTEMPTS;
        loop {
            attempts -= 1;
            match self.try_list(ranges).await {
                Err(error) if is_compacted(&error) && attempts > 0 => {}
                listed => return listed.map_err(|error| unavailable(&error)),
            }
        }
    }

    async fn try_list(&self, ranges: &[Range]) -> Result<(Vec<Stored>, i64), Error> {
        let (mut found, mut revision) = (Vec::new(), 0);
        for range in ranges {
            let mut from = range.from.clone();
            loop {
                let page = self.page(&from, &range.to, revision).await?;
                if revision == 0 {
                    // The first page fixes the moment.
                    revision = page.header().map(etcd_client::ResponseHeader::revision).unwrap_or_default();
                }
                found.extend(page.kvs().iter().map(Stored::from));
                match page.kvs().last() {
                    Some(last) if page.more() => from = format!("{}\0", String::from_utf8_lossy(last.key())),
                    _ => break,
                }
            }
        }
        Ok((found, revision))
    }

    async fn page(&self, from: &str, to: &str, revision: i64) -> Result<GetResponse, Error> {
        let options = &GetOptions::new().with_range(to).with_limit(PAGE as i64).with_revision(revision);
        self.link.try_call(|client| async move { kv(&client).get(from, Some(options.clone())).await }).await
    }
}
