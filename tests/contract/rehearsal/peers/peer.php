<?php
// A small client over the HTTP API, right or with one mistake.
// usage: php peer.php MISTAKE NUMBER TEXT
[, $mistake, $number, $text] = $argv;

function ask(string $number, string $text): array
{
    $query = http_build_query([
        'username' => getenv('CONVERGIA_USERNAME'),
        'password' => getenv('CONVERGIA_PASSWORD'),
        'number' => $number,
        'message' => $text,
    ]);
    $url = getenv('CONVERGIA_BASE_URL') . '/?' . $query;
    $context = stream_context_create(['http' => ['timeout' => 2, 'ignore_errors' => true]]);
    $body = @file_get_contents($url, false, $context);
    $status = (int) (explode(' ', $http_response_header[0] ?? '')[1] ?? 0);
    return [$status, $body === false ? '' : trim(str_replace("\u{FEFF}", '', $body))];
}

if ($mistake === 'strips the euro') {
    $text = mb_convert_encoding(mb_convert_encoding($text, 'ISO-8859-1', 'UTF-8'), 'UTF-8', 'ISO-8859-1');
}
[$status, $body] = ask($number, $text);
$readable = $status === 200 && preg_match('/^(\d{3})(\|\S+)?$/', $body, $parts);
if (!$readable && $mistake === 'resends when no reply came') {
    [$status, $body] = ask($number, $text);
    $readable = $status === 200 && preg_match('/^(\d{3})(\|\S+)?$/', $body, $parts);
}
if (!$readable) {
    fwrite(STDERR, "outcome unknown\n");
    exit($mistake === 'calls the unknown a failure' ? 1 : 3);
}
if ($parts[1] === '100') {
    echo "accepted\n";
    exit(0);
}
fwrite(STDERR, $mistake === 'gives up' ? "code $parts[1]\n" : "code $parts[1]; try again later\n");
exit(1);
