// Send one SMS through Convergia's HTTP API, with .NET 6 or later.
//
//   dotnet new console -o send && cp Send.cs send/Program.cs && cd send
//   dotnet run -- NUMBER TEXT [REFERENCE]
//
// CONVERGIA_BASE_URL, CONVERGIA_USERNAME and CONVERGIA_PASSWORD come from the environment.
// Exit codes: 0 accepted, 1 not sent, 3 outcome unknown (do not send it again by yourself).
using System;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using System.Threading.Tasks;

public static class Send
{
    private static readonly string[] Passing = { "109", "110", "200", "305", "306" };

    public static async Task<int> Main(string[] arguments)
    {
        if (arguments.Length < 2)
        {
            return Finish(2, "usage: dotnet run -- NUMBER TEXT [REFERENCE]");
        }
        string query = "username=" + Encode(Environment.GetEnvironmentVariable("CONVERGIA_USERNAME"))
            + "&password=" + Encode(Environment.GetEnvironmentVariable("CONVERGIA_PASSWORD"))
            + "&number=" + Encode(arguments[0])
            + "&message=" + Encode(arguments[1])
            + (arguments.Length > 2 ? "&extra=" + Encode(arguments[2]) : "");
        // One attempt, no redirect: a send must go out once.
        using var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
        };
        using var client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(10) };
        string body;
        try
        {
            using var response = await client.GetAsync(
                Environment.GetEnvironmentVariable("CONVERGIA_BASE_URL") + "/?" + query);
            body = await response.Content.ReadAsStringAsync();
            if (response.StatusCode != HttpStatusCode.OK)
            {
                return Finish(3, "outcome unknown: HTTP " + (int)response.StatusCode + "; look in the portal");
            }
        }
        catch (HttpRequestException error) when (error.InnerException is SocketException
            { SocketErrorCode: SocketError.ConnectionRefused })
        {
            return Finish(1, "not sent: no connection; try again later");
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            // The exception's text may hold the URL, and with it the password.
            return Finish(3, "outcome unknown: no reply that can be read; look in the portal");
        }
        // A byte order mark, blank lines or a PHP warning may stand before the code.
        string last = body.Replace("\uFEFF", "").Trim().Split('\n').Last().Trim();
        Match parts = Regex.Match(last, @"^(\d{3})(?:\|(\S+))?$");
        if (!parts.Success)
        {
            return Finish(3, "outcome unknown: the reply has no code; look in the portal");
        }
        string code = parts.Groups[1].Value;
        if (code == "100")
        {
            return Finish(0, "accepted: " + parts.Groups[2].Value);
        }
        return Finish(1, "not sent: code " + code + (Passing.Contains(code) ? "; try again later" : ""));
    }

    private static string Encode(string value) => Uri.EscapeDataString(value ?? "");

    private static int Finish(int exitCode, string line)
    {
        (exitCode == 0 ? Console.Out : Console.Error).WriteLine(line);
        return exitCode;
    }
}
