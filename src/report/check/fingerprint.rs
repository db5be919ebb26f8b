use std::collections::HashMap;

use crate::text::Finding;

/// Makes for each finding what tells it from others, whatever lines are added above it: of its rule, key, launch
/// and file, and its number among those with the same.
pub fn fingerprints(findings: &[Finding]) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let print = |finding: &Finding| {
        let (file, rule, key, launch) = finding.identity();
        let (key, launch) = (key.unwrap_or_default(), launch.unwrap_or_default());
        let what = format!("{rule}\n{key}\n{launch}\n{file}");
        let number = seen.entry(what.clone()).or_default();
        *number += 1;
        let hash = hmac_sha256::Hash::hash(format!("{what}\n{number}").as_bytes());
        hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    };
    findings.iter().map(print).collect()
}
