<?php
// The SOAP face, spoken by NuSOAP or by PHP's own SoapServer.
require __DIR__ . '/config.php';
require __DIR__ . '/rules.php';
require __DIR__ . '/dialect.php';

/** The WSDL file with its address where the request went, as a service writes it for itself. */
function served_wsdl($source) {
    $here = "http://{$_SERVER['HTTP_HOST']}{$_SERVER['SCRIPT_NAME']}";
    $served = preg_replace('/(<\w*:?address\b[^>]*\blocation=")[^"]*/', '${1}' . $here, file_get_contents($source));
    $file = dirname(CONFIG['state']) . '/served.wsdl';
    file_put_contents($file, $served);
    return $file;
}

// What stands before a reply is kept back: printed at once, it would end the headers.
if (printed('before', 'soap') !== '') ob_start();
echo printed('before', 'soap');
require __DIR__ . (CONFIG['service']['engine'] === 'ext-soap' ? '/ext_soap_service.php' : '/nusoap_service.php');
echo printed('after', 'soap');
