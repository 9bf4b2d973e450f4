//! A photo from a patient's phone, as near as chance can draw one: a patch of skin with a rash.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

const WIDTH: u32 = 160;
const HEIGHT: u32 = 120;

/// A PNG of 160 × 120 pixels; the same chance draws the same picture.
pub(crate) fn draw(chance: &mut ChaCha8Rng) -> Result<Vec<u8>, png::EncodingError> {
    let tone: [u8; 3] = [chance.random_range(90..240), chance.random_range(70..190), chance.random_range(60..170)];
    let spots: Vec<(f32, f32, f32)> = (0..chance.random_range(4..12))
        .map(|_| {
            (
                chance.random_range(0.0..WIDTH as f32),
                chance.random_range(0.0..HEIGHT as f32),
                chance.random_range(3.0..14.0),
            )
        })
        .collect();
    let mut pixels = Vec::with_capacity((WIDTH * HEIGHT * 3) as usize);
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let redness = spots
                .iter()
                .map(|(cx, cy, radius)| {
                    let (dx, dy) = (x as f32 - cx, y as f32 - cy);
                    let squared = dx * dx + dy * dy;
                    // Most of the picture is outside of each spot: no root for that.
                    if squared < radius * radius { 1.0 - squared.sqrt() / radius } else { 0.0 }
                })
                .fold(0.0, f32::max);
            let grain: u8 = chance.random_range(0..6);
            for (channel, tone) in tone.into_iter().enumerate() {
                let kept = if channel == 0 { 1.0 } else { 1.0 - 0.6 * redness };
                // Between 0 and 240, so that the grain fits a byte too.
                pixels.push((f32::from(tone) * kept) as u8 + grain);
            }
        }
    }
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, WIDTH, HEIGHT);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    // A thousand are drawn for a large practice, and nobody counts their bytes.
    encoder.set_compression(png::Compression::Fastest);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn it_is_a_png_and_the_same_for_the_same_chance() -> Result<(), png::EncodingError> {
        let draw = |seed| super::draw(&mut ChaCha8Rng::seed_from_u64(seed));
        let picture = draw(1)?;
        assert!(picture.starts_with(b"\x89PNG\r\n\x1a\n"));
        assert_eq!(picture, draw(1)?);
        assert_ne!(picture, draw(2)?);
        Ok(())
    }
}
