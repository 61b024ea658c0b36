throw new Error('The pages are bundled from the module.');
