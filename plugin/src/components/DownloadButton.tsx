import { Button, type ButtonProps } from '@grafana/ui';
import { useEffect, useRef, useState } from 'react';
import { t } from '../i18n';
import { download, type DownloadRequest } from '../service/download';
import { useAction } from '../service/use-action';
import { FailureNote } from './States';

interface Props extends Pick<ButtonProps, 'size' | 'variant'> {
  label: string;
  request: () => DownloadRequest;
}

/** Fetches a file; says that it is being made where that takes longer. */
export function DownloadButton({ label, request, size = 'sm', variant = 'secondary' }: Props) {
  const abort = useRef(new AbortController());
  const [waiting, setWaiting] = useState(false);
  const action = useAction(async () => {
    setWaiting(false);
    await download(request(), () => setWaiting(true), abort.current.signal);
    setWaiting(false);
  });
  useEffect(() => {
    const controller = new AbortController();
    abort.current = controller;
    return () => controller.abort();
  }, []);
  return (
    <>
      <Button
        size={size}
        variant={variant}
        icon={action.busy ? 'spinner' : 'download-alt'}
        disabled={action.busy}
        onClick={() => void action.run()}
      >
        {waiting ? t('download.waiting', '{{label}}: being made …', { label }) : label}
      </Button>
      {action.failure && <FailureNote failure={action.failure} what={label} />}
    </>
  );
}
