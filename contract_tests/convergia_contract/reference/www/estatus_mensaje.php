<?php
require __DIR__ . '/config.php';
require __DIR__ . '/rules.php';
require __DIR__ . '/dialect.php';
header('Content-Type: ' . CONFIG['content_type']);
echo spell(message_status($_GET), 'http', 'status');
