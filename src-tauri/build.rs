//! Tauri's build step, and a placeholder page so that a fresh clone can be checked before the UI is built.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // `generate_context!` needs `frontendDist` to exist.
    let dist = std::path::Path::new("ui/dist");
    if !dist.join("index.html").exists() {
        std::fs::create_dir_all(dist)?;
        std::fs::write(
            dist.join("index.html"),
            "<!doctype html><html lang=\"en\"><title>Tern</title><p>The screens are not built yet: cargo xtask demo",
        )?;
    }
    println!("cargo:rerun-if-changed=src-tauri/capabilities");
    println!("cargo:rerun-if-changed=src-tauri/permissions");
    println!("cargo:rerun-if-changed=ui/dist");
    tauri_build::try_build(
        tauri_build::Attributes::new()
            .capabilities_path_pattern("./src-tauri/capabilities/**/*")
            // Hand-written permissions: `AppManifest::commands` would write them to the root of the repository.
            .app_manifest(tauri_build::AppManifest::new().permissions_path_pattern("./src-tauri/permissions/**/*")),
    )?;
    Ok(())
}
