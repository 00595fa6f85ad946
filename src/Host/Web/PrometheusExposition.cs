using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace DataLoad.Host.Web;

/// <summary>
/// A meter's instruments in Prometheus' text form, version 0.0.4: counters, gauges, and histograms with fixed bounds.
/// </summary>
internal sealed class PrometheusExposition : IDisposable
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private static readonly double[] Bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 100, 1000];

    private readonly MeterListener _listener = new();
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, Family> _families = new(StringComparer.Ordinal);

    public PrometheusExposition(string meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (string.Equals(instrument.Meter.Name, meter, StringComparison.Ordinal))
            {
                listener.EnableMeasurementEvents(instrument);
                lock (_lock)
                {
                    _families.TryAdd(NameOf(instrument), new Family(instrument));
                }
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.Start();
    }

    public string Write()
    {
        _listener.RecordObservableInstruments();
        var text = new StringBuilder(8192);
        lock (_lock)
        {
            foreach ((string name, Family family) in _families)
            {
                family.Write(text, name);
            }
        }

        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private static string NameOf(Instrument instrument)
    {
        string name = instrument.Name.Replace('.', '_');
        string unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        return instrument is Counter<long> ? $"{name}{unit}_total" : name + unit;
    }

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new StringBuilder();
        foreach ((string key, object? tag) in tags)
        {
            labels.Append(labels.Length == 0 ? "" : ",").Append(key).Append("=\"").Append(Escape(tag?.ToString() ?? "")).Append('"');
        }

        lock (_lock)
        {
            _families[NameOf(instrument)].Record(labels.ToString(), value);
        }
    }

    private static string Escape(string value) => value
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal)
        .Replace("\n", "\\n", StringComparison.Ordinal);

    private sealed class Family(Instrument instrument)
    {
        private readonly SortedDictionary<string, Series> _series = new(StringComparer.Ordinal);

        private bool IsCounter => instrument is Counter<long>;

        private bool IsHistogram => instrument is Histogram<double>;

        public void Record(string labels, double value)
        {
            if (!_series.TryGetValue(labels, out Series? series))
            {
                _series.Add(labels, series = new Series());
            }

            if (IsHistogram)
            {
                series.Observe(value);
            }
            else
            {
                series.Value = IsCounter ? series.Value + value : value;
            }
        }

        public void Write(StringBuilder text, string name)
        {
            string type = IsCounter ? "counter" : IsHistogram ? "histogram" : "gauge";
            text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {instrument.Description}\n# TYPE {name} {type}\n");
            foreach ((string labels, Series series) in _series)
            {
                if (IsHistogram)
                {
                    series.Write(text, name, labels);
                }
                else
                {
                    text.Append(CultureInfo.InvariantCulture, $"{name}{Braces(labels)} {series.Value}\n");
                }
            }
        }

        private static string Braces(string labels) => labels.Length == 0 ? "" : $"{{{labels}}}";

        private sealed class Series
        {
            private readonly long[] _buckets = new long[Bounds.Length];
            private long _count;

            public double Value { get; set; }

            public void Observe(double value)
            {
                Value += value;
                _count++;
                for (int i = 0; i < Bounds.Length; i++)
                {
                    _buckets[i] += value <= Bounds[i] ? 1 : 0;
                }
            }

            public void Write(StringBuilder text, string name, string labels)
            {
                string comma = labels.Length == 0 ? "" : ",";
                for (int i = 0; i < Bounds.Length; i++)
                {
                    text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{labels}{comma}le=\"{Bounds[i]}\"}} {_buckets[i]}\n");
                }

                text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{labels}{comma}le=\"+Inf\"}} {_count}\n");
                text.Append(CultureInfo.InvariantCulture, $"{name}_sum{Braces(labels)} {Value}\n");
                text.Append(CultureInfo.InvariantCulture, $"{name}_count{Braces(labels)} {_count}\n");
            }
        }
    }
}
