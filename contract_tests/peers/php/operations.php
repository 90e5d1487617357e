<?php
// PHP's own SoapClient calls operations other than send and status, by the WSDL alone.
// usage: php operations.php WSDL_URL
ini_set('soap.wsdl_cache_enabled', '0');
$client = new SoapClient($argv[1], ['exceptions' => true, 'connection_timeout' => 10]);
try {
    $client->ConsultaSaldo('demo', 'otra');
    $refused = '';
} catch (SoapFault $fault) {
    $refused = $fault->getMessage();
}
$order = $client->eco_pedido([
    'folio' => 7, 'cliente' => 'Peña & Cía', 'urgente' => true, 'fecha' => '2026-01-31', 'importe' => '10.50',
]);
echo json_encode(['balance' => $client->ConsultaSaldo('demo', 'demo'), 'refused' => $refused] + (array) $order);
