"""住基ネット as 機関別符号 sees it."""
