//! Finds the functions of a Rust file and counts their lines. Attributes and comments above `fn` do not count.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, ImplItemFn, ItemFn, Signature, TraitItemFn};

use super::{Kind, Measure};
use crate::sources::Source;

/// All functions with a body, also those inside other functions, modules, traits and impls.
pub(super) fn measure(source: &Source) -> syn::Result<Vec<Measure>> {
    let file = syn::parse_file(&source.text)?;
    let mut finder = Finder { path: &source.path, found: Vec::new() };
    finder.visit_file(&file);
    Ok(finder.found)
}

struct Finder<'a> {
    path: &'a str,
    found: Vec<Measure>,
}

impl Finder<'_> {
    fn add(&mut self, attributes: &[Attribute], signature: &Signature, body: &Block) {
        let line = signature.fn_token.span.start().line;
        let end = body.span().end().line;
        let kind = if attributes.iter().any(is_component) { Kind::Component } else { Kind::Function };
        let function = signature.ident.to_string();
        self.found.push(Measure { kind, path: self.path.to_owned(), function, line, lines: end - line + 1 });
    }
}

fn is_component(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|last| last.ident == "component")
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.add(&function.attrs, &function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.add(&function.attrs, &function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        if let Some(body) = &function.default {
            self.add(&function.attrs, &function.sig, body);
        }
        visit::visit_trait_item_fn(self, function);
    }
}
