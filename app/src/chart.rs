//! From numbers to a picture: scales, ticks and SVG paths. Pure; knows no unit, no clock and no view.

/// What a vertical axis reaches to, and where its lines are, from 0 upward.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scale {
    pub(crate) top: f64,
    pub(crate) ticks: Vec<f64>,
}

/// Steps between lines, as people count.
const STEPS: [f64; 4] = [1.0, 2.0, 2.5, 5.0];
/// Lines above the baseline, at least.
const LEAST_LINES: f64 = 2.0;
/// Below this part of the limit a series is drawn to its own size: it would be a line on the ground.
const LOW: f64 = 0.4;
/// Room above the highest value of such a series.
const HEADROOM: f64 = 1.25;

impl Scale {
    /// Reaches to `limit` where the values come near it, else a little above `peak`.
    pub(crate) fn fitting(peak: f64, limit: f64) -> Self {
        let limit = if limit > 0.0 { limit } else { 1.0 };
        let peak = if peak.is_finite() { peak.max(0.0) } else { 0.0 };
        let wanted = if peak < limit * LOW { (peak * HEADROOM).max(limit * 0.05) } else { limit.max(peak) };
        let step = step_below(wanted / LEAST_LINES);
        // The limit itself is a line even where it is no round number.
        let top = if peak < limit * LOW { (wanted / step - 1e-9).ceil() * step } else { wanted };
        let lines = (top / step + 1e-9).floor();
        let ticks =
            (0..=64).map(|n| f64::from(n) * step).take_while(|tick| *tick <= step * lines + step * 1e-9).collect();
        Self { top, ticks }
    }

    /// How far from the top `value` is, in a drawing of this height.
    pub(crate) fn y(&self, value: f64, height: f64) -> f64 {
        height - (value / self.top).clamp(0.0, 1.0) * height
    }
}

/// The largest round step that is not above `most`.
fn step_below(most: f64) -> f64 {
    let power = 10_f64.powf(most.log10().floor());
    STEPS.iter().rev().map(|step| step * power).find(|step| *step <= most * (1.0 + 1e-9)).unwrap_or(power)
}

/// Values at equal distances, drawn from edge to edge. `None` is a gap: nothing is known there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Canvas {
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Canvas {
    /// Where the value of this index is drawn.
    pub(crate) fn x(self, index: usize, count: usize) -> f64 {
        let last = count.saturating_sub(1).max(1);
        self.width * index as f64 / last as f64
    }

    /// The index nearest to this part (0–1) of the width.
    pub(crate) fn index(count: usize, part: f64) -> usize {
        let last = count.saturating_sub(1);
        // Rounded and within the bounds.
        ((part.clamp(0.0, 1.0) * last as f64).round() as usize).min(last)
    }

    /// The line through the values.
    pub(crate) fn line(self, values: &[Option<f64>], scale: &Scale) -> String {
        let mut path = String::new();
        for run in self.runs(values, scale) {
            path.push_str(&joined(&run));
        }
        path
    }

    /// The ground under that line.
    pub(crate) fn area(self, values: &[Option<f64>], scale: &Scale) -> String {
        let mut path = String::new();
        for run in self.runs(values, scale) {
            if let (Some(first), Some(last)) = (run.first(), run.last()) {
                path.push_str(&joined(&run));
                path.push_str(&format!("L{:.1} {:.1}L{:.1} {:.1}Z", last.0, self.height, first.0, self.height));
            }
        }
        path
    }

    /// Neighbouring values that are known, as points.
    fn runs(self, values: &[Option<f64>], scale: &Scale) -> Vec<Vec<(f64, f64)>> {
        let mut runs = Vec::new();
        let mut run = Vec::new();
        for (index, value) in values.iter().enumerate() {
            match value {
                Some(value) => run.push((self.x(index, values.len()), scale.y(*value, self.height))),
                None if run.is_empty() => {}
                None => runs.push(std::mem::take(&mut run)),
            }
        }
        if !run.is_empty() {
            runs.push(run);
        }
        runs
    }
}

fn joined(run: &[(f64, f64)]) -> String {
    let mut path = String::new();
    for (index, (x, y)) in run.iter().enumerate() {
        path.push_str(&format!("{}{x:.1} {y:.1}", if index == 0 { 'M' } else { 'L' }));
    }
    if let [(x, y)] = run {
        // A line to itself: with round ends, a dot.
        path.push_str(&format!("L{x:.1} {y:.1}"));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_values_are_drawn_against_the_limit() {
        assert_eq!(Scale::fitting(1.7, 2.0), Scale { top: 2.0, ticks: vec![0.0, 1.0, 2.0] });
        assert_eq!(Scale::fitting(2.6, 2.0).top, 2.6, "what is above the limit is not cut off");
        assert_eq!(Scale::fitting(3.0, 3.0), Scale { top: 3.0, ticks: vec![0.0, 1.0, 2.0, 3.0] });
    }

    #[test]
    fn idle_values_are_drawn_to_their_own_size() {
        let scale = Scale::fitting(0.03, 2.0);
        assert!((scale.top - 0.1).abs() < 1e-9, "{scale:?}");
        assert_eq!(scale.ticks.len(), 3);
        assert!(Scale::fitting(0.0, 2.0).top > 0.0);
    }

    #[test]
    fn a_scale_without_sense_is_still_a_scale() {
        for (peak, limit) in [(f64::NAN, 0.0), (-1.0, -5.0), (f64::INFINITY, 1.0), (1e12, 1.0)] {
            let scale = Scale::fitting(peak, limit);
            assert!(scale.top.is_finite() && scale.top > 0.0, "{scale:?}");
            assert!((2..=6).contains(&scale.ticks.len()), "{scale:?}");
        }
    }

    #[test]
    fn lines_go_from_edge_to_edge_and_upside_down() {
        let (canvas, scale) = (Canvas { width: 100.0, height: 40.0 }, Scale { top: 2.0, ticks: Vec::new() });
        let values = [Some(0.0), Some(1.0), Some(2.0)];
        assert_eq!(canvas.line(&values, &scale), "M0.0 40.0L50.0 20.0L100.0 0.0");
        assert_eq!(canvas.area(&values, &scale), "M0.0 40.0L50.0 20.0L100.0 0.0L100.0 40.0L0.0 40.0Z");
    }

    #[test]
    fn gaps_stay_gaps_and_one_value_is_a_dot() {
        let (canvas, scale) = (Canvas { width: 90.0, height: 10.0 }, Scale { top: 1.0, ticks: Vec::new() });
        let values = [Some(1.0), None, None, Some(0.0)];
        assert_eq!(canvas.line(&values, &scale), "M0.0 0.0L0.0 0.0M90.0 10.0L90.0 10.0");
        assert_eq!(canvas.line(&[None, None], &scale), "");
        assert_eq!(canvas.line(&[], &scale), "");
    }

    #[test]
    fn the_nearest_value_answers_the_pointer() {
        assert_eq!([0.0, 0.24, 0.26, 0.9, 1.0, 7.0, -1.0].map(|part| Canvas::index(3, part)), [0, 0, 1, 2, 2, 2, 0]);
        assert_eq!(Canvas::index(0, 0.5), 0);
    }
}
