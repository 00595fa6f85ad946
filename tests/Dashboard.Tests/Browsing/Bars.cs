namespace DataLoad.Dashboard.Tests.Browsing;

/// <summary>Bars as they are drawn.</summary>
internal static class Bars
{
    /// <summary>Measures them where all stand on one scale, else it fails.</summary>
    public const string Widths = """
        bars => {
            const tracks = bars.map(bar => bar.querySelector('.track').getBoundingClientRect());
            if (new Set(tracks.map(track => `${track.left} ${track.width}`)).size !== 1) {
                throw new Error('the bars have different scales: ' + JSON.stringify(tracks));
            }

            return bars.map(bar => bar.querySelector('.fill').getBoundingClientRect().width);
        }
        """;
}
