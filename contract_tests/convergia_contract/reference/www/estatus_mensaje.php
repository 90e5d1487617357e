<?php
require __DIR__ . '/config.php';
require __DIR__ . '/rules.php';
require __DIR__ . '/dialect.php';
print_reply(message_status($_GET), 'status');
