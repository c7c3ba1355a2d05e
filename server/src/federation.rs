//! Puts together what signs people in through OpenID providers, from the configuration.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use control::{
    Ports,
    federation::{Federation, Outside, ProviderRules, Rules},
};

use crate::{
    config::{Config, oidc::NamedProvider, setting::secret_in, value::Parameter},
    data_dir::DataDir,
};

/// People of OpenID providers. Asks none of them yet.
pub fn federation(config: &Config, data: &DataDir, ports: &Ports) -> Result<Federation> {
    let settings = config.oidc.iter().map(oidc_settings).collect::<Result<Vec<_>>>()?;
    let providers = config.oidc.iter().map(rules_of).collect();
    let rules = Rules { local: config.auth.local, providers };
    let adapter =
        oidc::Providers::new(settings, &ports.clock).context("requests to OpenID providers cannot be made")?;
    let outside = Outside { providers: Arc::new(adapter), seal: Arc::new(data.seal()?) };
    Ok(Federation::new(ports.store.clone(), ports.clock.clone(), ports.entropy.clone(), outside, rules))
}

fn oidc_settings(provider: &NamedProvider) -> Result<oidc::Settings> {
    let config = &provider.config;
    let client_secret = match &config.client_secret_file {
        Some(path) => Some(secret_in(&format!("oidc.{}.client_secret_file", provider.name), path)?),
        None => config.client_secret.clone(),
    };
    Ok(oidc::Settings {
        name: provider.name.clone(),
        issuer: config.issuer.0.clone(),
        client_id: config.client_id.clone(),
        client_secret: client_secret.map(|secret| secret.0.trim().to_owned()).filter(|secret| !secret.is_empty()),
        scopes: config.scopes.clone(),
        parameters: config.parameters.iter().cloned().map(|Parameter(name, value)| (name, value)).collect(),
    })
}

fn rules_of(provider: &NamedProvider) -> ProviderRules {
    let config = &provider.config;
    ProviderRules {
        name: provider.name.clone(),
        label: provider.label(),
        issuer: config.issuer.0.clone(),
        admin_if: config.admin_if.clone(),
        group_if: config.group_if.clone(),
        required: config.required.clone(),
        allowed_domains: config.allowed_domains.clone(),
        first_sign_in: config.first_sign_in,
    }
}
