using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Host.Tests")]
[assembly: InternalsVisibleTo("Dashboard.Tests")]
