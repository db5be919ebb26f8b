s=2:tc <<<< t:t  <<<< <<<< t:t  <<<< t:t  :t b.nnodes=$N \
dt:t  :t b.nnodes=$N \
