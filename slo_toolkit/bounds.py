"""How clients write the upper bound of a histogram's bucket, the value of its label `le`.

`le` is text, so a matcher of the value 1048576 must know each of its spellings:

    Go            strconv.FormatFloat(bound, 'g', -1, 64)                  1.048576e+06
    Java          Double.toString(bound)                                   1048576.0
    Python        prometheus_client.utils.floatToGoString(bound)           1.048576e+06, and 1.0 where Go has 1
    OpenMetrics   Go's, with `.0` where it has no point and no exponent    1.048576e+06, and 1.0
    people        no exponent at all                                       1048576

Prometheus 3 writes the bounds of every scrape as OpenMetrics does.
"""

from __future__ import annotations

from decimal import Decimal

from slo_toolkit.budget import plain

# The exponents of ten that are written without one. Go: internal/strconv/ftoa.go, `eprec` of the shortest %g.
_GO_PLAIN = range(-4, 6)
# java.lang.Double.toString: at least 10^-3 and less than 10^7.
_JAVA_PLAIN = range(-3, 7)


def spellings(bound: Decimal) -> tuple[str, ...]:
    """Every text that stands for the float64 nearest to `bound`, which is above 0; the plain one first."""
    nearest = Decimal(repr(float(bound))).normalize()
    text = plain(nearest)
    fraction = text if "." in text else f"{text}.0"
    exponent = nearest.adjusted()
    digits = f"{nearest.scaleb(-exponent):f}"
    written = [text, fraction]
    if exponent not in _GO_PLAIN:
        written.append(f"{digits}e{exponent:+03d}")
    if exponent not in _JAVA_PLAIN:
        written.append(f"{digits if '.' in digits else f'{digits}.0'}E{exponent}")
    return tuple(dict.fromkeys(written))
