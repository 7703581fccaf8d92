//! A line of numbers as a plot: SVG that needs neither a script nor a style.

use std::fmt::Write;

const WIDTH: f64 = 96.0;
const HEIGHT: f64 = 20.0;
/// The line is as thick as twice this, and stays inside.
const MARGIN: f64 = 1.5;

/// A plot of numbers, the newest last.
pub(crate) struct Chart {
    /// The points of the line.
    pub(crate) points: String,
    /// Where it ends.
    pub(crate) end: (String, String),
    /// The same in words.
    pub(crate) words: String,
}

impl Chart {
    /// The plot; `None` of nothing.
    pub(crate) fn of(numbers: &[u32]) -> Option<Self> {
        let (oldest, newest) = (numbers.first()?, numbers.last()?);
        let (least, most) = (numbers.iter().min()?, numbers.iter().max()?);
        let distance = f64::from(u32::try_from(numbers.len()).ok()?.saturating_sub(1).max(1));
        let range = f64::from((most - least).max(1));
        let (mut points, mut end) = (String::new(), (String::new(), String::new()));
        for (at, number) in (0u32..).zip(numbers) {
            // A line that never moves lies at the bottom where it is zero, and in the middle elsewhere.
            let part = if most == least && *most > 0 { 0.5 } else { f64::from(number - least) / range };
            let x = MARGIN + f64::from(at) / distance * (WIDTH - 2.0 * MARGIN);
            let y = HEIGHT - MARGIN - part * (HEIGHT - 2.0 * MARGIN);
            end = (format!("{x:.1}"), format!("{y:.1}"));
            let _ = write!(points, "{},{} ", end.0, end.1);
        }
        let words = format!("{} numbers from {oldest} to {newest}, between {least} and {most}", numbers.len());
        Some(Self { points: points.trim_end().to_owned(), end, words })
    }
}

#[cfg(test)]
mod tests {
    use super::Chart;

    #[test]
    fn a_line_goes_from_the_oldest_to_the_newest_within_its_bounds() {
        assert!(Chart::of(&[]).is_none());
        let one = Chart::of(&[7]).unwrap();
        assert_eq!((one.points.as_str(), one.words.as_str()), ("1.5,10.0", "1 numbers from 7 to 7, between 7 and 7"));
        let two = Chart::of(&[0, 4]).unwrap();
        assert_eq!(two.points, "1.5,18.5 94.5,1.5");
        assert_eq!(two.end, ("94.5".into(), "1.5".into()));
        assert_eq!(Chart::of(&[0, 0]).unwrap().points, "1.5,18.5 94.5,18.5");
    }
}
