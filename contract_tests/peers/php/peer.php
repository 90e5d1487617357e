<?php
// PHP's own SoapClient, given only the WSDL's URL.
// usage: php peer.php WSDL_URL
ini_set('soap.wsdl_cache_enabled', '0');
$client = new SoapClient($argv[1], ['exceptions' => true, 'connection_timeout' => 10]);

$accepted = $client->enviar_mensaje('demo', 'demo', '525512345678', 'Hola ñandú, adiós', 'ref-1');
$message_id = explode('|', $accepted)[1];

echo json_encode([
    'accepted' => $accepted,
    'status' => $client->estatus_mensaje('demo', 'demo', $message_id),
    'refused' => $client->enviar_mensaje('demo', 'wrong', '525512345678', 'Hola', ''),
]);
