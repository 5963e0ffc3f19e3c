//! Bars, as SVG.

use core::fmt::Write as _;

/// A picture of ratios: one bar each, and a line at 1.
pub(crate) fn bars(title: &str, bars: &[(&str, f64)]) -> String {
    const LEFT: f64 = 150.0;
    const WIDTH: f64 = 560.0;
    const ROW: f64 = 18.0;
    let most = bars.iter().map(|(_, ratio)| *ratio).fold(1.2_f64, f64::max);
    let x = |ratio: f64| LEFT + ratio / most * WIDTH;
    let height = 50.0 + ROW * bars.len() as f64;
    let (total, bottom, one) = (LEFT + WIDTH + 60.0, height - 8.0, x(1.0));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{total:.0}\" height=\"{height:.0}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n<text x=\"10\" y=\"20\" font-size=\"14\">\
         {title}</text>\n"
    );
    for (i, (name, ratio)) in bars.iter().enumerate() {
        let y = 36.0 + ROW * i as f64;
        let colour = if *ratio <= 1.0 { "#3b7dd8" } else { "#d8743b" };
        let (text, right, width) = (y + 11.0, x(*ratio) + 4.0, x(*ratio) - LEFT);
        // Writing to a string cannot fail.
        let _ = writeln!(
            svg,
            "<text x=\"{:.0}\" y=\"{text:.0}\" text-anchor=\"end\">{name}</text><rect x=\"{LEFT:.0}\" y=\"{y:.0}\" \
             width=\"{width:.1}\" height=\"13\" fill=\"{colour}\"/><text x=\"{right:.1}\" y=\"{text:.0}\">{ratio:.2}</text>",
            LEFT - 6.0
        );
    }
    let _ = writeln!(svg, "<path d=\"M{one:.1} 30V{bottom:.0}\" stroke=\"black\" stroke-dasharray=\"3 3\"/>\n</svg>");
    svg
}
