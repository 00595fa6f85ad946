const WIDTH = 120;
const HEIGHT = 24;

/** A trend at a glance. The numbers stand beside it, so it is hidden from screen readers. */
export function Sparkline(props: { values: number[] }) {
    const { values } = props;
    const top = Math.max(...values, 1);
    const step = values.length > 1 ? (WIDTH - 4) / (values.length - 1) : 0;
    const points = values.map((value, i) => `${(2 + i * step).toFixed(1)},${(HEIGHT - 2 - (value / top) * (HEIGHT - 4)).toFixed(1)}`);
    return (
        <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} aria-hidden="true" focusable="false">
            {points.length > 1 ? <polyline points={points.join(" ")} /> : <circle cx="4" cy={points[0]?.split(",")[1] ?? HEIGHT / 2} r="2" />}
        </svg>
    );
}
