<?php
// Send one SMS through Convergia's web service, with PHP's own SoapClient.
//
//   php send.php NUMBER TEXT [REFERENCE]
//
// CONVERGIA_WSDL_URL, CONVERGIA_USERNAME and CONVERGIA_PASSWORD come from the environment.
// Exit codes: 0 accepted, 1 not sent, 3 outcome unknown (do not send it again by yourself).
ini_set('soap.wsdl_cache_enabled', '0');
ini_set('default_socket_timeout', '10'); // seconds for one read of the reply
ini_set('display_errors', '0');

function finish(int $exit_code, string $text): never
{
    fwrite($exit_code === 0 ? STDOUT : STDERR, $text . PHP_EOL);
    exit($exit_code);
}

if ($argc < 3) {
    finish(2, 'usage: php send.php NUMBER TEXT [REFERENCE]');
}
[, $number, $text] = $argv;
$reference = $argv[3] ?? '';
// NuSOAP reads texts as ISO-8859-1: anything else would arrive as a question mark.
if (mb_convert_encoding(mb_convert_encoding($text, 'ISO-8859-1', 'UTF-8'), 'UTF-8', 'ISO-8859-1') !== $text) {
    finish(1, 'not sent: the gateway cannot take a character of this text');
}

try {
    $client = new SoapClient(getenv('CONVERGIA_WSDL_URL'), [
        'exceptions' => true,
        'connection_timeout' => 5,
        'encoding' => 'UTF-8',
    ]);
} catch (SoapFault $fault) {
    finish(1, 'not sent: the WSDL cannot be read; try again later');
}

try {
    $reply = $client->enviar_mensaje(
        getenv('CONVERGIA_USERNAME'), getenv('CONVERGIA_PASSWORD'), $number, $text, $reference
    );
} catch (SoapFault $fault) {
    // The request may have arrived. Nothing here may send it again.
    finish(3, 'outcome unknown: ' . $fault->getMessage() . '; look in the portal');
}

// "100|MESSAGE-ID" when it was accepted, else a code of the guide.
if (!preg_match('/^\s*(\d{3})(?:\|(\S+))?\s*$/', (string) $reply, $parts)) {
    finish(3, 'outcome unknown: the reply has no code; look in the portal');
}
if ($parts[1] === '100') {
    finish(0, 'accepted: ' . ($parts[2] ?? ''));
}
$passing = in_array($parts[1], ['109', '110', '200', '305', '306'], true);
finish(1, "not sent: code {$parts[1]}" . ($passing ? '; try again later' : ''));
